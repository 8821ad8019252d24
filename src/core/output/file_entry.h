#pragma once
// The files of a dataset or model, as its document lists them.

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/digest.h"
#include "core/base/inside_path.h"
#include "core/base/result.h"

namespace mlctl {

class Fields;  // core/text/json_fields.h

struct FileEntry {
  InsidePath path;  // below the dataset's or the model's folder
  uint64_t size = 0;
  Digest sha256;
};

nlohmann::ordered_json to_json(const FileEntry& file);
// To be used inside decode_json.
Result<FileEntry> file_from_json(const Fields& fields);
// Checks that each path is there only once; the message begins with the key, "files[1].path: …".
Result<> validate(const std::vector<FileEntry>& files);

// What the text of a dataset.json or model.json lists. Torn, wrong, or of another kind than the file's name
// says → 10.
Result<std::vector<FileEntry>> listed_files(const std::string& text, const std::string& path);

}  // namespace mlctl
