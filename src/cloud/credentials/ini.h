#pragma once
// The INI dialect of ~/.aws and ossutil: sections, keys in any case, comments, values that go on in indented
// lines.

#include <filesystem>
#include <map>
#include <string>

#include "core/base/result.h"

namespace mlctl::keys {

// Keys are in lower case. An indented "key = value" below "s3 =" is "s3.key".
using IniSection = std::map<std::string, std::string>;

struct IniFile {
  std::filesystem::path path;
  std::map<std::string, IniSection> sections{};  // "default", "profile x", …: blanks folded, quotes dropped
  const IniSection* section(const std::string& name) const;
};

// A line that is not a section, key or comment → 4, naming file and line but never quoting it. An absent
// file has no sections.
Result<IniFile> read_ini(const std::filesystem::path& path);
std::string value_of(const IniSection& section, const std::string& key);  // "" when absent

}  // namespace mlctl::keys
