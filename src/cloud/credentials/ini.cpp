#include "cloud/credentials/ini.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/limits.h"
#include "core/base/strings.h"
#include "core/sys/fs.h"

namespace mlctl::keys {

namespace {

// "profile  "my team"" → "profile my team".
std::string section_name(std::string_view inside) {
  std::string name;
  for (const char c : trim(inside)) {
    if (c == '"' || c == '\'') continue;
    const char plain = c == '\t' ? ' ' : c;
    if (plain != ' ' || !name.ends_with(' ')) name += plain;
  }
  return name;
}

// A comment begins a line, or follows a blank: "#" may be part of a secret.
std::string_view without_comment(std::string_view line) {
  for (size_t at = 0; at < line.size(); ++at) {
    const bool marked = line[at] == '#' || line[at] == ';';
    if (marked && (at == 0 || line[at - 1] == ' ' || line[at - 1] == '\t')) return line.substr(0, at);
  }
  return line;
}

Error broken_line(const std::filesystem::path& path, size_t line, const char* what) {
  return {Exit::auth,
          what,
          fmt::format("{}:{}", path.string(), line),
          "correct the line, or move the file away",
          {}};
}

struct Reader {
  IniSection* section = nullptr;
  std::string above{};  // the key that deeper lines belong to
  size_t depth = 0;     // its indentation

  bool take(std::string_view line, size_t indentation) {
    const bool below = !above.empty() && indentation > depth;
    const size_t equals = line.find('=');
    // More of a long value: no key of ours.
    if (equals == std::string_view::npos || equals == 0) return below;
    const std::string key = to_lower(trim(line.substr(0, equals)));
    (*section)[below ? above + "." + key : key] = trim(line.substr(equals + 1));
    if (!below) above = key, depth = indentation;
    return true;
  }
};

Result<IniFile> parse_ini(const std::filesystem::path& path, const std::string& text) {
  IniFile file{path};
  Reader reader;
  size_t number = 0;
  for (const std::string& raw : split(text, '\n')) {
    ++number;
    const std::string_view kept = without_comment(raw);
    const std::string_view line = trim(kept);
    if (line.empty()) continue;
    if (line.front() == '[') {
      const size_t end = line.find(']');
      if (end == std::string_view::npos)
        return fail(broken_line(path, number, "a section without its \"]\""));
      reader = {&file.sections[section_name(line.substr(1, end - 1))]};
    } else if (reader.section == nullptr) {
      return fail(broken_line(path, number, "a line before the first [section]"));
    } else if (!reader.take(line, kept.find_first_not_of(" \t"))) {
      return fail(broken_line(path, number, "neither \"key = value\" nor a [section]"));
    }
  }
  return file;
}

}  // namespace

const IniSection* IniFile::section(const std::string& name) const {
  const auto found = sections.find(name);
  return found == sections.end() ? nullptr : &found->second;
}

Result<IniFile> read_ini(const std::filesystem::path& path) {
  const Result<std::string> text = sys::read_input(path, limits::kKeyFileBytes);
  if (!text && text.error().code == Exit::not_found) return IniFile{path};
  if (!text) return fail(text.error());
  return parse_ini(path, *text);
}

std::string value_of(const IniSection& section, const std::string& key) {
  const auto found = section.find(key);
  return found == section.end() ? "" : found->second;
}

}  // namespace mlctl::keys
