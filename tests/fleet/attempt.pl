# One attempt of a fleet test's job, in one process, so that nothing but itself holds its lock.
#
#   perl attempt.pl KIND LOCKS SECONDS      lives so long;  KIND: plain, rude, family (see below)
#   perl attempt.pl KIND LOCKS FILE         lives until FILE exists, and appends its fence and the time to FILE.ticks
#                                           (KIND quiet: it does not)
#
# Writes lines to $HOME/journal, HOME being the host's own: "WORD JOB FENCE ATTEMPT TIME [HOLDER]". The words are start,
# end and conflict: another process holds the lock of this job, hence two attempts are alive. The kernel gives a lock up
# when its holder dies, whatever it died of. TIME is the monotonic clock, one for all network namespaces of a machine.
# A rude attempt ignores SIGTERM; a family does so, too, and does its work in a child, which shares the lock and may
# outlive its parent.
use strict;
use warnings;
use Fcntl qw(:DEFAULT :flock);
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC sleep);

use constant { TICK => 0.05, LOOK => 0.5 };

my ($kind, $locks, $until) = @ARGV;
my @who = @ENV{qw(CALLBOARD_JOB_ID CALLBOARD_FENCE CALLBOARD_ATTEMPT)};
$SIG{TERM} = 'IGNORE' if $kind eq 'rude' || $kind eq 'family';

# One write per line: lines of several writers do not mix.
sub append {
  my ($path, $line) = @_;
  sysopen my $file, $path, O_WRONLY | O_APPEND | O_CREAT or die "$path: $!";
  syswrite $file, "$line\n" or die "$path: $!";
}

sub note {
  my ($word, @more) = @_;
  append("$ENV{HOME}/journal", join ' ', $word, @who, sprintf('%.6f', clock_gettime(CLOCK_MONOTONIC)), @more);
}

sub work {
  return sleep $until if $until =~ /^[0-9.]+$/;
  until (-e $until) {
    append("$until.ticks", sprintf('%s %.6f', $who[1], clock_gettime(CLOCK_MONOTONIC))) if $kind ne 'quiet';
    sleep($kind eq 'quiet' ? LOOK : TICK);
  }
}

sysopen my $lock, "$locks/$who[0]", O_RDWR | O_CREAT or die "$locks/$who[0]: $!";
if (!flock $lock, LOCK_EX | LOCK_NB) {
  sysread $lock, my $holder, 100;
  note('conflict', $holder // 'unknown');
  exit;
}
truncate $lock, 0;
syswrite $lock, $who[1];
note('start');
if ($kind eq 'family') {
  my $child = fork // die "fork: $!";
  if ($child == 0) {
    work();
    exit;
  }
  waitpid $child, 0;
} else {
  work();
}
note('end');
print $who[1];
