#include "core/tensor/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/sys/fs.h"
#include "core/text/json.h"

namespace mlctl {

namespace {

static_assert(std::endian::native == std::endian::little, "safetensors is little-endian");

constexpr size_t kAlignment = 64;
constexpr const char* kMetadata = "__metadata__";

using Json = nlohmann::ordered_json;

auto broken(const std::string& where, const std::string& what) {
  return fail(Exit::integrity, "malformed safetensors: " + what,
              "the file was cut or written by something else: make it again", where);
}

Result<std::string_view> header_text(std::string_view bytes, const std::string& where) {
  uint64_t length = 0;
  if (bytes.size() < sizeof length) {
    return broken(where, fmt::format("{} bytes, shorter than its length field", bytes.size()));
  }
  std::memcpy(&length, bytes.data(), sizeof length);
  if (length > limits::kTensorHeaderBytes) {
    return broken(
        where, fmt::format("header of {} bytes, the format allows {}", length, limits::kTensorHeaderBytes));
  }
  if (length > bytes.size() - sizeof length) {
    return broken(where, fmt::format("header of {} bytes in a file of {}", length, bytes.size()));
  }
  const std::string_view text = bytes.substr(sizeof length, length);
  if (!text.starts_with('{')) return broken(where, "the header does not begin with {");
  return text;
}

// Two tensors of one name would be two readings of one file.
constexpr JsonRules kHeader{.repeated = RepeatedKeys::refused,
                            .depth = 3,
                            .values = limits::kTensors * 16,
                            .bytes = limits::kTensorHeaderBytes};

Result<Json> parse_header(std::string_view text, const std::string& where) {
  Result<Json> header = parse_json(text, where, Exit::integrity, kHeader);
  if (!header) return broken(where, header.error().message);
  if (header->size() > limits::kTensors) {
    return broken(where, fmt::format("{} tensors, {} at most are read", header->size(), limits::kTensors));
  }
  return header;
}

Result<> check_metadata(const Json& metadata, const std::string& where) {
  if (!metadata.is_object()) return broken(where, "__metadata__ is not an object");
  for (const auto& [key, value] : metadata.items()) {
    if (!value.is_string()) return broken(where, fmt::format("__metadata__.{} is not a string", key));
  }
  return {};
}

bool unsigned_list(const Json& value) {
  return value.is_array() && std::all_of(value.begin(), value.end(), [](const Json& each) {
           return each.is_number_unsigned() &&
                  each.get<uint64_t>() <= uint64_t{std::numeric_limits<int64_t>::max()};
         });
}

struct Range {
  uint64_t begin = 0, end = 0;
  std::string name;
};

Result<TensorView> read_entry(const std::string& name, const Json& entry, std::string_view data,
                              const std::string& where, Range& range) {
  if (!entry.is_object() || entry.size() != 3 || !entry.contains("dtype") || !entry.contains("shape") ||
      !entry.contains("data_offsets")) {
    return broken(where, fmt::format("tensor \"{}\" does not have exactly dtype, shape, data_offsets", name));
  }
  const Json& type_name = entry["dtype"];
  const auto dtype = type_name.is_string() ? dtype_from_name(type_name.get<std::string>()) : std::nullopt;
  if (!dtype)
    return broken(where, fmt::format("tensor \"{}\": unknown dtype {}", name, dump_json(type_name)));
  const Json& offsets = entry["data_offsets"];
  if (entry["shape"].size() > limits::kTensorDimensions) {
    return broken(where, fmt::format("tensor \"{}\": {} dimensions, {} at most are read", name,
                                     entry["shape"].size(), limits::kTensorDimensions));
  }
  if (!unsigned_list(entry["shape"]) || !unsigned_list(offsets) || offsets.size() != 2) {
    return broken(where, fmt::format("tensor \"{}\": shape or data_offsets is not a list of sizes", name));
  }
  TensorView view{*dtype, entry["shape"].get<std::vector<int64_t>>(), {}};
  range = {offsets[0].get<uint64_t>(), offsets[1].get<uint64_t>(), name};
  if (range.begin > range.end || range.end > data.size()) {
    return broken(
        where, fmt::format("tensor \"{}\": bytes {} to {} of {}", name, range.begin, range.end, data.size()));
  }
  const auto expected = byte_size(view.dtype, view.shape);
  if (!expected || static_cast<uint64_t>(*expected) != range.end - range.begin) {
    return broken(where, fmt::format("tensor \"{}\": its shape does not match its {} bytes", name,
                                     range.end - range.begin));
  }
  view.bytes = data.substr(range.begin, range.end - range.begin);
  return view;
}

Result<> check_cover(std::vector<Range> ranges, uint64_t size, const std::string& where) {
  std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  uint64_t at = 0;
  for (const Range& range : ranges) {
    if (range.begin != at) {
      return broken(where, fmt::format("tensor \"{}\" {} what is before it", range.name,
                                       range.begin < at ? "overlaps" : "leaves a hole after"));
    }
    at = range.end;
  }
  if (at != size) return broken(where, fmt::format("{} bytes after the last tensor", size - at));
  return {};
}

}  // namespace

std::string write_safetensors(const TensorMap& tensors, const std::map<std::string, std::string>& metadata) {
  std::vector<const TensorMap::value_type*> order;
  for (const auto& entry : tensors) order.push_back(&entry);
  std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return width(a->second.dtype) > width(b->second.dtype);
  });
  Json header = Json::object();
  if (!metadata.empty()) header[kMetadata] = metadata;
  uint64_t at = 0;
  for (const auto* entry : order) {
    const Tensor& tensor = entry->second;
    append_member(header, entry->first,
                  {{"dtype", safetensors_name(tensor.dtype)},
                   {"shape", tensor.shape},
                   {"data_offsets", {at, at + tensor.bytes.size()}}});
    at += tensor.bytes.size();
  }
  std::string text = dump_json(header);
  const size_t used = sizeof(uint64_t) + text.size();
  text.append((kAlignment - used % kAlignment) % kAlignment, ' ');
  const uint64_t length = text.size();
  std::string out;
  out.reserve(sizeof length + text.size() + at);
  out.append(reinterpret_cast<const char*>(&length), sizeof length).append(text);
  for (const auto* entry : order) out.append(entry->second.bytes);
  return out;
}

Result<std::map<std::string, TensorView>> view_safetensors(std::string_view bytes, const std::string& where) {
  const std::string_view text = TRY(header_text(bytes, where));
  const Json header = TRY(parse_header(text, where));
  const std::string_view data = bytes.substr(sizeof(uint64_t) + text.size());
  std::map<std::string, TensorView> views;
  std::vector<Range> ranges;
  for (const auto& [name, entry] : header.items()) {
    if (name == kMetadata) {
      TRY(check_metadata(entry, where));
      continue;
    }
    Range range;
    views[name] = TRY(read_entry(name, entry, data, where, range));
    ranges.push_back(std::move(range));
  }
  TRY(check_cover(std::move(ranges), data.size(), where));
  return views;
}

Result<TensorMap> parse_safetensors(std::string_view bytes, const std::string& where) {
  TensorMap tensors;
  for (auto& [name, view] : TRY(view_safetensors(bytes, where))) {
    tensors[name] = {view.dtype, std::move(view.shape), std::string(view.bytes)};
  }
  return tensors;
}

Result<TensorMap> read_safetensors(const std::filesystem::path& path) {
  return parse_safetensors(TRY(sys::read_file(path)), path.string());
}

}  // namespace mlctl
