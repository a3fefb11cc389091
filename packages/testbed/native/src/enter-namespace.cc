#include "enter-namespace.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include <cstdio>
#include <string>

#include "failure.h"
#include "file-descriptor.h"

namespace wan {
namespace {

void join(const std::string& pid, const char* kind, int type) {
  const std::string path = "/proc/" + pid + "/ns/" + kind;
  const FileDescriptor target(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!target) throw systemFailure("open " + path);
  struct stat theirs {};
  struct stat ours {};
  const std::string own = std::string("/proc/self/ns/") + kind;
  if (fstat(target.get(), &theirs) != 0 || stat(own.c_str(), &ours) != 0) throw systemFailure("stat " + path);
  if (theirs.st_ino == ours.st_ino) return;
  if (setns(target.get(), type) != 0) throw systemFailure("enter " + path);
}

/// Shows the namespace's own devices under /sys, as programs expect; one that cannot is run all the same.
void showDevices() {
  if (unshare(CLONE_NEWNS) != 0) return;
  if (mount("none", "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) return;
  mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, nullptr);
}

}  // namespace

int enterNamespace(int argc, char** argv) {
  int at = 1;
  bool dieWithParent = false;
  if (at < argc && std::string(argv[at]) == "--die-with-parent") {
    dieWithParent = true;
    ++at;
  }
  if (argc < at + 2 || std::string(argv[at]) != "--") {
    std::fprintf(stderr, "usage: enter PID [--die-with-parent] -- COMMAND...\n");
    return 126;
  }
  const pid_t parent = getppid();
  try {
    join(argv[0], "user", CLONE_NEWUSER);
    join(argv[0], "net", CLONE_NEWNET);
  } catch (const Failure& failure) {
    std::fprintf(stderr, "srwan: %s\n", failure.what());
    return 126;
  }
  if (!dieWithParent) showDevices();
  if (dieWithParent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // after setns, which clears it
    if (getppid() != parent) return 126;
  }
  execvp(argv[at + 1], argv + at + 1);
  std::fprintf(stderr, "srwan: %s: %s\n", argv[at + 1], std::strerror(errno));
  return 127;
}

}  // namespace wan
