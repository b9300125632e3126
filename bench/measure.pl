#!/usr/bin/perl
# measure.pl COMMAND...   runs the command and writes what it cost to file descriptor 3, as JSON.
# CPU time and peak memory come from wait4(2): all threads, the command's own children included.
# Perl, because it is on every Debian machine, and because a small parent does not show in the
# child's peak memory as Node.js would: Linux counts what the child had before exec.
use strict;
use warnings;
use POSIX ();
use Time::HiRes ();

my %wait4 = (x86_64 => 61, aarch64 => 260);
my $call = $wait4{ (POSIX::uname())[4] } or die "measure.pl: no wait4 for this machine\n";
open(my $report, ">&=", 3) or die "measure.pl: needs file descriptor 3: $!\n";
my $start = Time::HiRes::clock_gettime(Time::HiRes::CLOCK_MONOTONIC());
my $pid = fork() // die "measure.pl: fork: $!\n";
if ($pid == 0) {
  close($report);
  exec { $ARGV[0] } @ARGV or POSIX::_exit(127);
}
my $status = pack("i", 0);
my $usage = "\0" x 144;    # struct rusage: two timevals, then ru_maxrss and 13 more longs
my $ended = syscall($call, $pid, $status, 0, $usage);
die "measure.pl: wait4: $!\n" if $ended != $pid;
my $wall = Time::HiRes::clock_gettime(Time::HiRes::CLOCK_MONOTONIC()) - $start;
my ($us, $uu, $ss, $su, $kilobytes) = unpack("q5", $usage);
printf $report qq({"status":%d,"user":%.3f,"system":%.3f,"wall":%.3f,"memory":%.3f}\n),
  unpack("i", $status), $us * 1e3 + $uu / 1e3, $ss * 1e3 + $su / 1e3, $wall * 1e3, $kilobytes / 1024;
