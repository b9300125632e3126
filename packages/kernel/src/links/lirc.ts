/** Programs of type lirc_mode2: decoders for infrared remote controls. */
import { constants, openSync } from "node:fs";
import { attachTypeId } from "../programs/attach-type.ts";
import { FileDescriptor, type Kernel, UnsupportedFeatureError, programAttach, programDetach } from "../sys/index.ts";
import type { LoadedProgram } from "./attacher.ts";
import type { Link } from "./link.ts";
import { CurrentProgram, HeldLink, refuseExpected } from "./net/held-link.ts";

export interface LircOptions {
  /** "/dev/lirc0". */
  readonly device: string;
}

const ROAD = "lirc attachment";

/**
 * Runs a program for each pulse and space that a receiver sees. Up to 64 programs may share one; they
 * stay until they are detached or the receiver goes.
 *
 * Errors: UnsupportedFeatureError where there is no such device; KernelError: EINVAL for a device that
 * is no receiver, EBUSY where it has 64 programs.
 */
export function attachLirc(kernel: Kernel, program: LoadedProgram, { device }: LircOptions): Link {
  const subject = `lirc_mode2:${device}`;
  const receiver = openReceiver(device, subject);
  const request = { target: receiver.fd, attachType: attachTypeId("lirc_mode2") };
  const attach = (programFd: number): void => programAttach(kernel, { ...request, programFd }, subject);
  const detach = (programFd: number): void => programDetach(kernel, { ...request, programFd }, subject);
  try {
    attach(program.fd);
  } catch (error) {
    receiver.close();
    throw error;
  }
  const current = new CurrentProgram(kernel, program);
  return new HeldLink(kernel, subject, ROAD, {
    replace(next, expected) {
      refuseExpected(expected, subject, ROAD);
      // Programs are a list: the new one comes before the old one goes, so that none is missed.
      const old = current.fd;
      current.replace(next, (fd) => {
        attach(fd);
        detach(old);
      });
    },
    remove: () => detach(current.fd),
    close() {
      current.close();
      receiver.close();
    },
  });
}

function openReceiver(device: string, subject: string): FileDescriptor {
  try {
    return new FileDescriptor(openSync(device, constants.O_RDONLY | constants.O_NONBLOCK));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new UnsupportedFeatureError(
      "infrared receivers",
      "4.18",
      `${subject}: there is no such device; a kernel with CONFIG_LIRC and a receiver has /dev/lirc0`,
      { cause: error },
    );
  }
}
