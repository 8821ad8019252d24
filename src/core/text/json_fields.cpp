#include "core/text/json_fields.h"

#include <limits>

#include <fmt/format.h>

namespace mlctl {

namespace {

using Json = nlohmann::ordered_json;

// Converts a value if the type can hold it; the words for an error say what was expected.
bool take(const Json& from, std::string& to) {
  if (!from.is_string()) return false;
  to = from.get_ref<const std::string&>();
  return true;
}
bool take(const Json& from, bool& to) {
  if (!from.is_boolean()) return false;
  to = from.get<bool>();
  return true;
}
bool take(const Json& from, double& to) {
  if (!from.is_number()) return false;
  to = from.get<double>();
  return true;
}
bool take(const Json& from, int64_t& to) {
  constexpr uint64_t kMost = std::numeric_limits<int64_t>::max();
  if (!from.is_number_integer() || (from.is_number_unsigned() && from.get<uint64_t>() > kMost)) return false;
  to = from.get<int64_t>();
  return true;
}
bool take(const Json& from, uint64_t& to) {
  // A document that was built, not parsed, holds a count of ours as a signed number.
  if (!from.is_number_integer() || (!from.is_number_unsigned() && from.get<int64_t>() < 0)) return false;
  to = from.get<uint64_t>();
  return true;
}
bool take(const Json& from, Json& to) {
  to = from;
  return true;
}
template <class T>
bool take(const Json& from, std::vector<T>& to) {
  if (!from.is_array()) return false;
  to.resize(from.size());
  for (size_t i = 0; i < from.size(); ++i) {
    T value{};
    if (!take(from[i], value)) return false;
    to[i] = std::move(value);
  }
  return true;
}

std::string words(const std::string*) {
  return "a text";
}
std::string words(const bool*) {
  return "true or false";
}
std::string words(const double*) {
  return "a number";
}
std::string words(const int64_t*) {
  return "a whole number of 64 bits";
}
std::string words(const uint64_t*) {
  return "a size";
}
std::string words(const Json*) {
  return "a value";
}
template <class T>
std::string words(const std::vector<T>*) {
  return "a list, each of it " + words(static_cast<const T*>(nullptr));
}

}  // namespace

std::string Fields::path(const char* key) const {
  std::string text = parent_ == nullptr ? "" : parent_->path(key_);
  if (index_ != kNone) text += fmt::format("[{}]", index_);
  if (key != nullptr) text += (text.empty() ? "" : ".") + std::string(key);
  return text;
}

std::string Fields::at_path(const char* key, const std::string& message) const {
  const std::string place = path(key);  // none: the document itself
  return place.empty() ? message : fmt::format("{}: {}", place, message);
}

Error Fields::wrong(const char* key, Error error) const {
  error.message = at_path(key, error.message);
  return error;
}

void Fields::refuse(const char* key, const std::string& why) const {
  throw Json::type_error::create(kFieldError, at_path(key, why), nullptr);
}

const Json* Fields::find(const char* key) const {
  if (!value_->is_object())
    refuse(nullptr, fmt::format("an object is expected, this is {}", value_->type_name()));
  const auto found = value_->find(key);
  return found == value_->end() ? nullptr : &*found;
}

const Json& Fields::member(const char* key) const {
  const Json* found = find(key);
  if (found == nullptr)
    throw Json::type_error::create(kFieldError, fmt::format("the key \"{}\" is missing", path(key)), nullptr);
  return *found;
}

const Json& Fields::item(size_t index) const {
  if (!value_->is_array() || index >= value_->size())
    refuse(nullptr, fmt::format("a list with {} elements is expected", index + 1));
  return (*value_)[index];
}

const Json& Fields::list_of(const char* key, size_t most) const {
  const Json& list = member(key);
  if (!list.is_array()) refuse(key, fmt::format("a list is expected, this is {}", list.type_name()));
  if (list.size() > most) refuse(key, fmt::format("{} of them, {} at most are read", list.size(), most));
  return list;
}

const Json& Fields::members_of(const char* key, size_t most) const {
  const Json& object = member(key);
  if (!object.is_object()) refuse(key, fmt::format("an object is expected, this is {}", object.type_name()));
  if (object.size() > most) refuse(key, fmt::format("{} of them, {} at most are read", object.size(), most));
  return object;
}

template <class T>
T Fields::convert(const Json& value, const char* key) const {
  T result{};
  if (!take(value, result))
    refuse(key, fmt::format("{} is expected, this is {}", words(static_cast<const T*>(nullptr)),
                            value.type_name()));
  return result;
}

template std::string Fields::convert(const Json&, const char*) const;
template bool Fields::convert(const Json&, const char*) const;
template double Fields::convert(const Json&, const char*) const;
template int64_t Fields::convert(const Json&, const char*) const;
template uint64_t Fields::convert(const Json&, const char*) const;
template Json Fields::convert(const Json&, const char*) const;
template std::vector<std::string> Fields::convert(const Json&, const char*) const;
template std::vector<double> Fields::convert(const Json&, const char*) const;
template std::vector<int64_t> Fields::convert(const Json&, const char*) const;

}  // namespace mlctl
