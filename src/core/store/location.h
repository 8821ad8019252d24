#pragma once
// Where bytes live: a path, a file:// URL, or an object store's URL.

#include <filesystem>
#include <string>
#include <utility>

#include "core/base/result.h"

namespace mlctl {

struct Location {
  std::string scheme;  // "file" for plain paths too; "s3", "oss", …
  std::string path;    // file: the path; others: what follows "SCHEME://"
};

// "data/x", "file:///srv/x" (percent escapes decoded), "s3://bucket/key". Malformed → 2.
Result<Location> parse_location(const std::string& text);
bool is_url(const std::string& text);
bool is_stored(
    const std::string& url_or_path);  // in an object store, known or not: neither a path nor file://

// Splits "URL:SPLIT" in two; without a split the second part is "".
std::pair<std::string, std::string> split_suffix(const std::string& url);

// The path, for commands that take only a path or a file:// URL. Other schemes → 2.
Result<std::filesystem::path> local_path(const std::string& url_or_path);

}  // namespace mlctl
