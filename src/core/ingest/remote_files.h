#pragma once
// A folder of files that are not here but in an object store (core/store/stored_files.h).

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/sys/fs.h"

namespace mlctl {

class RemoteFiles {
 public:
  virtual ~RemoteFiles() = default;
  virtual std::string name() const = 0;                        // the folder's own: "photos"
  virtual std::string url() const = 0;                         // for messages
  virtual std::string state() const = 0;                       // another one when the files are
  virtual const std::vector<sys::Entry>& entries() const = 0;  // as sys::list_files() lists them
  virtual size_t width() const = 0;                            // files worth reading at once
  // From any thread; changed since it was listed → 6.
  virtual Result<std::string> read(size_t entry) = 0;
  virtual Result<std::string> sha256(size_t entry) = 0;  // known of what was read, now or by an earlier run
};

}  // namespace mlctl
