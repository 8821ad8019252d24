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
  sys::Fd fd;
  if (!file.empty()) {
    const sys::PathAt place = TRY(sys::private_place(file.parent_path(), file.filename()));
    fd = TRY(sys::open_own(place, O_RDWR));
    const bool other_layout = ::lseek(fd.get(), 0, SEEK_END) != static_cast<off_t>(bytes);
    if (other_layout &&
        (::ftruncate(fd.get(), 0) != 0 || ::ftruncate(fd.get(), static_cast<off_t>(bytes)) != 0))
      return fail(sys::os_error(errno, "write", file));
  }
  const int flags = fd ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS;
  void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, fd.get(), 0);
  if (memory == MAP_FAILED) return fail(sys::os_error(errno, "map", file));
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
