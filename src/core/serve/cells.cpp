#include "core/serve/cells.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "core/sys/fs.h"

namespace mlctl::serve {

Result<Cells> Cells::open(const std::filesystem::path& file, size_t count) {
  const size_t bytes = count * sizeof(Cell);
  int fd = -1;
  if (!file.empty()) {
    fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return fail(sys::os_error(errno, "open", file));
    const bool other_layout = ::lseek(fd, 0, SEEK_END) != static_cast<off_t>(bytes);
    if (other_layout && (::ftruncate(fd, 0) != 0 || ::ftruncate(fd, static_cast<off_t>(bytes)) != 0)) {
      const int number = errno;
      ::close(fd);
      return fail(sys::os_error(number, "write", file));
    }
  }
  const int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
  void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, fd, 0);
  const int number = errno;
  if (fd >= 0) ::close(fd);
  if (memory == MAP_FAILED) return fail(sys::os_error(number, "map", file));
  Cells cells;
  cells.cells_ = static_cast<Cell*>(memory);
  cells.count_ = count;
  return cells;
}

Cells::~Cells() {
  if (cells_ != nullptr) ::munmap(static_cast<void*>(cells_), count_ * sizeof(Cell));
}
Cells::Cells(Cells&& other) noexcept
    : cells_(std::exchange(other.cells_, nullptr)), count_(std::exchange(other.count_, 0)) {}
Cells& Cells::operator=(Cells&& other) noexcept {
  std::swap(cells_, other.cells_);
  std::swap(count_, other.count_);
  return *this;
}

}  // namespace mlctl::serve
