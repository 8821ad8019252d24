#include "core/text/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/base/limits.h"
#include "core/base/strings.h"

namespace mlctl {

namespace {

// Thrown through yaml-cpp by the handler below, and caught in parse_yaml.
struct Refused {
  std::string message;
  TextPlace place;
  std::string hint;
};

struct Frame {
  YamlNode node;
  YAML::anchor_t anchor = 0;
  bool key_waits = false;                  // map: the key of the next value was read
  std::map<std::string, TextPlace> known;  // map: keys so far
};

size_t count_nodes(const YamlNode& node) {
  size_t count = 1;
  for (const YamlNode& item : node.items) count += count_nodes(item);
  return count;
}

class Builder : public YAML::EventHandler {
 public:
  Builder(const Source& source, int source_index) : source_index_(source_index) {
    starts_ = {0};
    for (size_t at = 0; at < source.text.size(); ++at) {
      if (source.text[at] == '\n') starts_.push_back(at + 1);
    }
    text_ = source.text;
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    // yaml-cpp leaves a token it has no use for ("]" alone) in its queue, and would never end.
    if (mark.pos == document_start_) throw Refused{"not YAML: unexpected character", place(mark), {}};
    document_start_ = mark.pos;
    anchors_.clear();
  }
  void OnDocumentEnd() override {
    if (root_.kind == YamlKind::null) return;
    if (documents_.size() >= limits::kYamlDocuments)
      throw Refused{
          fmt::format("more than {} documents in one file", limits::kYamlDocuments), root_.place, {}};
    documents_.push_back(std::move(root_));
    root_ = {};
  }
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    YamlNode node;
    node.place =
        stack_.empty() || !stack_.back().key_waits ? place(mark) : stack_.back().node.keys.back().place;
    add(std::move(node), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end())
      throw Refused{"this alias stands inside the value it names", place(mark), {}};
    aliased_nodes_ += count_nodes(found->second);
    if (++aliases_ > limits::kYamlAliases || aliased_nodes_ > limits::kYamlAliasedNodes) {
      throw Refused{fmt::format("too many aliases: at most {} in a file, adding at most {} values",
                                limits::kYamlAliases, human_count(limits::kYamlAliasedNodes)),
                    place(mark), "write the values out"};
    }
    YamlNode copy = found->second;
    copy.place = place(mark);
    add(std::move(copy), 0);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node;
    node.text = value;
    node.place = place(mark);
    node.quoted = tag != "?" && !tag.empty();
    if (node.quoted && tag != "!" && tag != "tag:yaml.org,2002:str") refuse_tag(tag, mark);
    node.kind = node.quoted ? YamlKind::text : plain_kind(value);
    add(std::move(node), anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(YamlKind::list, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(YamlKind::map, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

  // yaml-cpp counts columns in bytes from 0.
  TextPlace place(const YAML::Mark& mark) const {
    const auto line = static_cast<size_t>(std::max(mark.line, 0));
    if (line >= starts_.size()) return {static_cast<int>(starts_.size()), 1, source_index_};
    const size_t end = std::min(starts_[line] + static_cast<size_t>(std::max(mark.column, 0)), text_.size());
    const auto characters =
        std::count_if(text_.begin() + static_cast<ptrdiff_t>(starts_[line]),
                      text_.begin() + static_cast<ptrdiff_t>(end), [](char c) { return (c & 0xc0) != 0x80; });
    return {static_cast<int>(line) + 1, static_cast<int>(characters) + 1, source_index_};
  }

  std::vector<YamlNode> take() { return std::move(documents_); }

 private:
  void refuse_tag(const std::string& tag, const YAML::Mark& mark) const {
    throw Refused{fmt::format("the tag {} is not supported", tag), place(mark), "leave the tag out"};
  }

  void open(YamlKind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (tag != "?" && !tag.empty() && tag != "!") refuse_tag(tag, mark);
    if (stack_.size() >= limits::kYamlDepth)
      throw Refused{fmt::format("nested deeper than {} levels", limits::kYamlDepth), place(mark), {}};
    Frame frame;
    frame.node.kind = kind;
    frame.node.place = place(mark);
    frame.anchor = anchor;
    stack_.push_back(std::move(frame));
  }

  void close() {
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    add(std::move(frame.node), frame.anchor);
  }

  void add_key(Frame& frame, YamlNode node) {
    if (node.kind == YamlKind::list || node.kind == YamlKind::map)
      throw Refused{"a key must be a plain text", node.place, {}};
    const auto [known, fresh] = frame.known.emplace(node.text, node.place);
    if (!fresh) {
      throw Refused{fmt::format("the key \"{}\" was given before, in line {}", node.text, known->second.line),
                    node.place, "keep one of the two"};
    }
    frame.node.keys.push_back({std::move(node.text), node.place});
    frame.key_waits = true;
  }

  void add(YamlNode node, YAML::anchor_t anchor) {
    if (anchor != 0) anchors_[anchor] = node;
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& top = stack_.back();
    if (top.node.kind == YamlKind::map && !top.key_waits) {
      add_key(top, std::move(node));
      return;
    }
    top.key_waits = false;
    top.node.items.push_back(std::move(node));
  }

  int source_index_;
  std::string_view text_;
  std::vector<size_t> starts_;  // where each line begins
  std::vector<Frame> stack_;
  std::map<YAML::anchor_t, YamlNode> anchors_;
  size_t aliases_ = 0, aliased_nodes_ = 0;
  int document_start_ = -1;
  YamlNode root_;
  std::vector<YamlNode> documents_;
};

Error yaml_error(const Source& source, std::string message, TextPlace place, std::string hint = {}) {
  return {Exit::manifest, std::move(message), place_text(source, place), std::move(hint),
          caret_lines(source, place)};
}

// The first line at or before `last` that a tab indents: what nearly every odd syntax error comes from.
int tab_indented_line(std::string_view text, int last) {
  int line = 1;
  for (const std::string& each : split(text, '\n')) {
    if (line > last + 1) break;
    const size_t first = each.find_first_not_of(" \t");
    if (each.substr(0, first).find('\t') != std::string::npos) return line;
    ++line;
  }
  return 0;
}

// Refuses what can be refused before yaml-cpp sees it: yaml-cpp takes 0x04 for the end of the text, and its
// time and memory grow fast.
Result<> check_text(const Source& source) {
  if (source.text.size() > limits::kYamlBytes) {
    return fail(Error{Exit::manifest,
                      fmt::format("{} is too large for a manifest (at most {})",
                                  human_bytes(source.text.size()), human_bytes(limits::kYamlBytes)),
                      source.name,
                      {},
                      {}});
  }
  if (!is_valid_utf8(source.text))
    return fail(Error{Exit::manifest, "is not UTF-8 text", source.name, "save it as UTF-8", {}});
  int line = 1, column = 1;
  for (const char c : source.text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\n' && c != '\t' && c != '\r') || byte == 0x7f)
      return fail(yaml_error(source, fmt::format("control character 0x{:02x}", byte), {line, column, 0}));
    if (c == '\n') {
      ++line, column = 1;
    } else if ((byte & 0xc0) != 0x80) {
      ++column;
    }
  }
  return {};
}

bool all_digits(std::string_view text, std::string_view digits) {
  return !text.empty() && text.find_first_not_of(digits) == std::string_view::npos;
}

constexpr std::string_view kDecimal = "0123456789";

bool decimal_number(std::string_view text) {
  const size_t exponent = text.find_first_of("eE");
  const std::string_view mantissa = text.substr(0, exponent);
  if (exponent != std::string_view::npos) {
    std::string_view power = text.substr(exponent + 1);
    if (power.starts_with('+') || power.starts_with('-')) power.remove_prefix(1);
    if (!all_digits(power, kDecimal)) return false;
  }
  const size_t dot = mantissa.find('.');
  if (dot == std::string_view::npos) return all_digits(mantissa, kDecimal);
  const std::string_view whole = mantissa.substr(0, dot), part = mantissa.substr(dot + 1);
  if (whole.empty()) return all_digits(part, kDecimal);
  return all_digits(whole, kDecimal) && (part.empty() || all_digits(part, kDecimal));
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

}  // namespace

const char* name(YamlKind kind) {
  switch (kind) {
    case YamlKind::null:
      return "nothing";
    case YamlKind::boolean:
      return "true or false";
    case YamlKind::integer:
      return "a whole number";
    case YamlKind::number:
      return "a number";
    case YamlKind::text:
      return "a text";
    case YamlKind::list:
      return "a list";
    case YamlKind::map:
      return "a map";
  }
  return "a value";
}

const YamlNode* YamlNode::find(std::string_view key) const {
  for (size_t at = 0; at < keys.size(); ++at) {
    if (keys[at].name == key) return &items[at];
  }
  return nullptr;
}

YamlKind plain_kind(std::string_view text) {
  if (text.empty() || is_one_of(text, {"~", "null", "Null", "NULL"})) return YamlKind::null;
  if (is_one_of(text, {"true", "True", "TRUE", "false", "False", "FALSE"})) return YamlKind::boolean;
  if (text.starts_with("0x") && all_digits(text.substr(2), "0123456789abcdefABCDEF"))
    return YamlKind::integer;
  if (text.starts_with("0o") && all_digits(text.substr(2), "01234567")) return YamlKind::integer;
  const std::string_view digits = text.front() == '-' || text.front() == '+' ? text.substr(1) : text;
  if (all_digits(digits, kDecimal)) return YamlKind::integer;
  return decimal_number(digits) ? YamlKind::number : YamlKind::text;
}

Result<int64_t> yaml_integer(std::string_view text) {
  const bool based = text.starts_with("0x") || text.starts_with("0o");
  const int base = text.starts_with("0x") ? 16 : based ? 8 : 10;
  const std::string_view digits = based ? text.substr(2) : text.starts_with('+') ? text.substr(1) : text;
  int64_t value = 0;
  const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (status != std::errc{} || end != digits.data() + digits.size())
    return fail(Exit::manifest, fmt::format("{} is too large a whole number", text));
  return value;
}

Result<double> yaml_number(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0o")) return static_cast<double>(TRY(yaml_integer(text)));
  Result<double> value = parse_double(text);
  if (!value) value.error().code = Exit::manifest;
  return value;
}

Result<std::vector<YamlNode>> parse_yaml(const Source& source, int source_index) {
  TRY(check_text(source));
  Builder builder(source, source_index);
  std::istringstream stream(source.text);
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Refused& refused) {
    return fail(yaml_error(source, refused.message, refused.place, refused.hint));
  } catch (const YAML::Exception& error) {
    const TextPlace place = builder.place(error.mark);
    if (const int line = tab_indented_line(source.text, place.line)) {
      return fail(yaml_error(source, "a tab indents this line", {line, 1, source_index},
                             "YAML is indented with spaces"));
    }
    return fail(yaml_error(source, "not YAML: " + error.msg, place));
  }
  return builder.take();
}

nlohmann::ordered_json to_json(const YamlNode& node) {
  switch (node.kind) {
    case YamlKind::null:
      return nullptr;
    case YamlKind::boolean:
      return node.text.front() == 't' || node.text.front() == 'T';
    case YamlKind::integer:
      if (const Result<int64_t> value = yaml_integer(node.text)) return *value;
      return node.text;
    case YamlKind::number:
      if (const Result<double> value = yaml_number(node.text)) return *value;
      return node.text;
    case YamlKind::text:
      return node.text;
    case YamlKind::list: {
      nlohmann::ordered_json list = nlohmann::ordered_json::array();
      for (const YamlNode& item : node.items) list.push_back(to_json(item));
      return list;
    }
    case YamlKind::map: {
      nlohmann::ordered_json map = nlohmann::ordered_json::object();
      for (size_t at = 0; at < node.keys.size(); ++at) map[node.keys[at].name] = to_json(node.items[at]);
      return map;
    }
  }
  return nullptr;
}

}  // namespace mlctl
