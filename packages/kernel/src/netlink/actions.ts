/**
 * Traffic control's action "bpf": a program that a filter of any kind hands its packets to. Here that
 * filter is one of kind "matchall", which hands over all of them.
 *
 * Source: include/uapi/linux/tc_act/tc_bpf.h, pkt_cls.h.
 */
import { type Attribute, MessageFlag, decodeAttributes, readNumber } from "./message.ts";
import type { Netlink } from "./netlink.ts";
import { type FilterPlace, TCMSG_SIZE, Tca, filterHeader, filters } from "./traffic-control.ts";

/** TCA_MATCHALL_ACT */
const MATCHALL_ACTIONS = 2;
/** TCA_ACT_TAB, the attribute with the list of a message about actions. */
const ACTIONS = 1;
/** TCA_ACT_*, of one action in a list. */
const Action = { KIND: 1, OPTIONS: 2 } as const;
/** TCA_ACT_BPF_* */
const Bpf = { PARAMETERS: 2, FD: 5, NAME: 6, ID: 9 } as const;
/** TC_ACT_UNSPEC: where the program answers this, the next filter decides. */
const NEXT_FILTER = 0xffff_ffff;

export interface ActionProgram {
  readonly fd: number;
  /** What `tc action show` calls it. */
  readonly name: string;
}

/** A matchall filter with one BPF action. */
export interface ActionFilter {
  readonly handle: number;
  readonly priority: number;
  /** The action's number among all of kind "bpf". */
  readonly action: number;
  readonly programId: number;
}

/** Adds a filter with its action. Says where they came to stand. */
export function putActionFilter(
  netlink: Netlink,
  place: FilterPlace,
  program: ActionProgram,
  subject: string,
): ActionFilter {
  const answers = netlink.request(
    {
      type: "NEWTFILTER",
      flags: MessageFlag.CREATE | MessageFlag.ECHO | MessageFlag.EXCL,
      header: filterHeader(place),
      attributes: [
        [Tca.KIND, "matchall"],
        [Tca.OPTIONS, [[MATCHALL_ACTIONS, [[1, bpfAction(0, program)]]]]],
      ],
    },
    subject,
  );
  // The answer has the priority, but not what the filter became.
  const priority = answers.map(readActionFilter)[0]?.priority;
  const filter = filters(netlink, place.index, place.direction, subject, readActionFilter).find(
    (each) => each.priority === priority && each.action !== 0,
  );
  if (filter === undefined) throw new Error(`${subject}: the kernel does not say where the filter stands`);
  return filter;
}

/** Another program in an action that there is. */
export function replaceAction(netlink: Netlink, action: number, program: ActionProgram, subject: string): void {
  netlink.request(
    {
      type: "NEWACTION",
      flags: MessageFlag.CREATE | MessageFlag.REPLACE,
      header: new Uint8Array(4), // struct tcamsg
      attributes: [[ACTIONS, [[1, bpfAction(action, program)]]]],
    },
    subject,
  );
}

/** An action of number `index`, or a new one where that is 0. */
function bpfAction(index: number, { fd, name }: ActionProgram): readonly Attribute[] {
  // struct tc_act_bpf: index, capab, action, refcnt, bindcnt
  const parameters = new Uint8Array(Uint32Array.of(index, 0, NEXT_FILTER, 0, 0).buffer);
  return [
    [Action.KIND, "bpf"],
    [
      Action.OPTIONS,
      [
        [Bpf.PARAMETERS, parameters],
        [Bpf.FD, fd],
        [Bpf.NAME, name],
      ],
    ],
  ];
}

/** Of a filter that is no matchall, or has no BPF action, action and program are 0. */
export function readActionFilter(body: Uint8Array): ActionFilter {
  const view = new DataView(body.buffer, body.byteOffset);
  const options = within(decodeAttributes(body.subarray(TCMSG_SIZE)), Tca.OPTIONS);
  const bpf = within(within(within(options, MATCHALL_ACTIONS), 1), Action.OPTIONS);
  return {
    handle: view.getUint32(8, true),
    priority: view.getUint32(16, true) >>> 16,
    action: readNumber(bpf.get(Bpf.PARAMETERS)?.subarray(0, 4)) ?? 0,
    programId: readNumber(bpf.get(Bpf.ID)) ?? 0,
  };
}

function within(attributes: ReadonlyMap<number, Uint8Array>, type: number): ReadonlyMap<number, Uint8Array> {
  return decodeAttributes(attributes.get(type) ?? new Uint8Array(0));
}
