#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "core/sys/fs.h"

namespace mlctl::sys {

Result<Mapping> Mapping::open(const PathAt& path) {
  const Fd fd = TRY(open_regular(path));
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return fail(os_error(errno, "read", path.path()));
  Mapping mapping;
  mapping.size_ = static_cast<size_t>(info.st_size);
  if (mapping.size_ == 0) return mapping;
  void* data = ::mmap(nullptr, mapping.size_, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (data == MAP_FAILED) return fail(os_error(errno, "map", path.path()));
  mapping.data_ = static_cast<const char*>(data);
  return mapping;
}
Mapping::~Mapping() {
  if (data_ != nullptr) ::munmap(const_cast<char*>(data_), size_);
}
Mapping::Mapping(Mapping&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
Mapping& Mapping::operator=(Mapping&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

}  // namespace mlctl::sys
