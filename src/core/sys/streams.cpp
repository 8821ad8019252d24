#include "core/sys/streams.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>

namespace mlctl::sys {

void open_standard_streams() {
  // Opened for the wrong direction, so that using them fails; only messages may go nowhere.
  constexpr int kModes[] = {O_WRONLY, O_RDONLY, O_RDWR};
  for (int stream = 0; stream < 3; ++stream) {
    if (::fcntl(stream, F_GETFD) >= 0 || errno != EBADF) continue;
    (void)::open("/dev/null", kModes[stream]);  // the lowest number that is free: this one
  }
}

namespace {

// Runs in a signal handler: only what may be called there.
void on_abort(int) {
  constexpr size_t kSome = size_t{16} << 20;
  void* const some = ::mmap(nullptr, kSome, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const bool memory = some == MAP_FAILED;
  constexpr char kMemory[] = "error: there is not enough memory\n";
  constexpr char kFault[] = "error: a library ended the program; please report it, with the command's name\n";
  (void)!::write(STDERR_FILENO, memory ? kMemory : kFault, memory ? sizeof kMemory - 1 : sizeof kFault - 1);
  ::_exit(memory ? 12 : 1);
}

}  // namespace

void explain_aborts() {
  std::signal(SIGABRT, on_abort);
}

}  // namespace mlctl::sys
