#pragma once
// The members of a document as typed values. Errors give a member's whole path: "splits.train.samples: a
// whole number is expected, this is a string". Everything here throws nlohmann's exceptions: use it inside
// decode_json. A Fields refers to its document and to the Fields it came from: both must outlive it.

#include <string>
#include <type_traits>
#include <vector>

#include "core/text/json.h"

namespace mlctl {

class Fields {
 public:
  using Json = nlohmann::ordered_json;

  explicit Fields(const Json& document) : value_(&document) {}

  // T: std::string, int64_t, uint64_t (both refuse fractions and what does not fit), double, bool, a list
  // of these, or Json unchanged.
  template <class T>
  T get(const char* key) const {
    return convert<T>(member(key), key);
  }
  template <class T>
  T get_or(const char* key, T absent) const {
    const Json* found = find(key);
    return found == nullptr ? std::move(absent) : convert<T>(*found, key);
  }

  template <class T>
  T get() const {
    return convert<T>(*value_, nullptr);
  }

  bool has(const char* key) const { return find(key) != nullptr; }
  Fields at(const char* key) const { return {member(key), this, key, kNone}; }
  // read(element) → Result<T>, for each of a list of at most `most`.
  template <class Read>
  auto each(const char* key, size_t most, Read&& read) const {
    using T = typename std::invoke_result_t<Read, const Fields&>::value_type;
    const Json& list = list_of(key, most);
    std::vector<T> values;
    values.reserve(list.size());
    const Fields field(list, this, key, kNone);
    for (size_t i = 0; i < list.size(); ++i) {
      auto value = read(Fields(list[i], &field, nullptr, i));
      if (!value) return Result<std::vector<T>>(fail(std::move(value.error())));
      values.push_back(std::move(*value));
    }
    return Result<std::vector<T>>(std::move(values));
  }
  // take(name, member) → Result<>, for each member of an object that has at most `most`.
  template <class Take>
  Result<> each_member(const char* key, size_t most, Take&& take) const {
    const Fields field(members_of(key, most), this, key, kNone);
    for (const auto& [name, value] : field.value_->items()) {
      const Result<> taken = take(name, Fields(value, &field, name.c_str(), kNone));
      if (!taken) return taken;
    }
    return {};
  }
  // An element of a list, for lists used as pairs.
  template <class T>
  T element(size_t index) const {
    return convert<T>(item(index), nullptr);
  }

  // The path of this, or of one of its members: "files[3].path".
  std::string path(const char* key = nullptr) const;
  // The error with this member's path before its message.
  Error wrong(const char* key, Error error) const;

 private:
  static constexpr size_t kNone = static_cast<size_t>(-1);
  Fields(const Json& value, const Fields* parent, const char* key, size_t index)
      : value_(&value), parent_(parent), key_(key), index_(index) {}

  const Json* find(const char* key) const;
  const Json& member(const char* key) const;
  const Json& item(size_t index) const;
  const Json& list_of(const char* key, size_t most) const;
  const Json& members_of(const char* key, size_t most) const;
  template <class T>
  T convert(const Json& value, const char* key) const;
  std::string at_path(const char* key, const std::string& message) const;
  [[noreturn]] void refuse(const char* key, const std::string& why) const;

  const Json* value_;
  const Fields* parent_ = nullptr;
  const char* key_ = nullptr;
  size_t index_ = kNone;
};

}  // namespace mlctl
