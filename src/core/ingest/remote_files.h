#pragma once
// A folder of files in an object store (core/store/stored_files.h).

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
  virtual std::string state() const = 0;                       // differs when the files have changed
  virtual const std::vector<sys::Entry>& entries() const = 0;  // as sys::list_files() lists them
  virtual size_t width() const = 0;                            // files worth reading at once
  // From any thread; changed since it was listed → 6.
  virtual Result<std::string> read(size_t entry) = 0;
  virtual Result<std::string> sha256(size_t entry) = 0;  // of a file that this or an earlier run has read
};

}  // namespace mlctl
