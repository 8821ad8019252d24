// The reader behind parse_json. nlohmann's own looks through all keys of an object for each new one: 80,000
// of them take 17 s. This one collects an object's members and builds it at its end.

#include <algorithm>
#include <numeric>
#include <vector>

#include <fmt/format.h>

#include "core/text/json.h"

namespace mlctl {

namespace {

using Json = nlohmann::ordered_json;
using Object = Json::object_t;
using Members = Object::Container;  // a vector of pairs

// Beyond this many members, repeated keys are found by sorting.
constexpr size_t kFew = 16;

// An object or a list that is not at its end.
struct Open {
  size_t first_key = 0, first_value = 0;
  bool object = false;
};

class Builder {
 public:
  explicit Builder(const JsonRules& rules) : rules_(rules) {}

  // The events of nlohmann's parser; false ends it.
  bool null() { return put(Json()); }
  bool boolean(bool value) { return put(Json(value)); }
  bool number_integer(int64_t value) { return put(Json(value)); }
  bool number_unsigned(uint64_t value) { return put(Json(value)); }
  bool number_float(double value, const std::string&) { return put(Json(value)); }
  bool string(std::string& value) { return put(Json(std::move(value))); }
  bool binary(Json::binary_t&) { return false; }
  bool start_object(size_t) { return open(true); }
  bool start_array(size_t) { return open(false); }
  bool key(std::string& name) {
    keys_.push_back(std::move(name));
    return true;
  }
  bool end_object() { return unite(open_.back()) && close(object_of(open_.back())); }
  bool end_array() { return close(list_of(open_.back())); }
  bool parse_error(size_t, const std::string&, const Json::exception& error) {
    failure = json_error(error, {}, Exit::failed).message;
    return false;
  }

  Json root;
  std::string failure;

 private:
  bool refuse(std::string why) {
    failure = std::move(why);
    return false;
  }
  bool put(Json value);
  bool open(bool object);
  bool close(Json value);
  Json object_of(const Open& at);
  Json list_of(const Open& at);
  bool unite(const Open& at);
  bool unite_few(const Open& at);
  bool unite_many(const Open& at);
  bool take_repeated(const Open& at, size_t one, size_t other);

  const JsonRules& rules_;
  // The objects and lists that are open, the innermost last, with the keys and values that they have so
  // far; the n-th value of an object has the n-th key.
  std::vector<Open> open_;
  std::vector<std::string> keys_;
  std::vector<Json> values_;
  std::vector<size_t> gone_;  // members of the object that ends which a later one replaced
  size_t seen_ = 0;
};

bool Builder::put(Json value) {
  if (++seen_ > rules_.values) return refuse(fmt::format("more than {} values", rules_.values));
  if (open_.empty())
    root = std::move(value);
  else
    values_.push_back(std::move(value));
  return true;
}

bool Builder::open(bool object) {
  if (open_.size() == rules_.depth) return refuse(fmt::format("nested deeper than {} levels", rules_.depth));
  open_.push_back({keys_.size(), values_.size(), object});
  return true;
}

bool Builder::close(Json value) {
  const Open at = open_.back();
  open_.pop_back();
  keys_.resize(at.first_key);
  values_.resize(at.first_value);
  return put(std::move(value));
}

// The later of two members of one name takes the place of the first.
bool Builder::take_repeated(const Open& at, size_t one, size_t other) {
  if (rules_.repeated == RepeatedKeys::refused)
    return refuse(fmt::format("the key \"{}\" stands twice", keys_[at.first_key + one]));
  std::swap(values_[at.first_value + one], values_[at.first_value + other]);
  gone_.push_back(other);
  return true;
}

bool Builder::unite(const Open& at) {
  gone_.clear();
  return keys_.size() - at.first_key <= kFew ? unite_few(at) : unite_many(at);
}

bool Builder::unite_few(const Open& at) {
  const auto begin = keys_.begin() + static_cast<ptrdiff_t>(at.first_key);
  for (auto each = begin; each != keys_.end(); ++each) {
    const auto before = std::find(begin, each, *each);
    if (before == each) continue;
    if (!take_repeated(at, static_cast<size_t>(before - begin), static_cast<size_t>(each - begin)))
      return false;
  }
  return true;
}

// By sorting rather than hashing, because whoever writes the keys could choose a hash's worst case.
bool Builder::unite_many(const Open& at) {
  const std::string* keys = keys_.data() + at.first_key;
  std::vector<size_t> order(keys_.size() - at.first_key);
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t one, size_t other) {
    const int way = keys[one].compare(keys[other]);
    return way != 0 ? way < 0 : one < other;
  });
  size_t head = 0;
  for (size_t i = 1; i < order.size(); ++i) {
    if (keys[order[head]] != keys[order[i]])
      head = i;
    else if (!take_repeated(at, order[head], order[i]))
      return false;
  }
  std::sort(gone_.begin(), gone_.end());
  return true;
}

Json Builder::object_of(const Open& at) {
  Json value = Json::object();
  Members& object = value.get_ref<Object&>();
  const size_t count = keys_.size() - at.first_key;
  object.reserve(count - gone_.size());
  auto gone = gone_.begin();
  for (size_t i = 0; i < count; ++i) {
    if (gone != gone_.end() && *gone == i)
      ++gone;
    else
      object.emplace_back(std::move(keys_[at.first_key + i]), std::move(values_[at.first_value + i]));
  }
  return value;
}

Json Builder::list_of(const Open& at) {
  Json value = Json::array();
  const auto begin = values_.begin() + static_cast<ptrdiff_t>(at.first_value);
  value.get_ref<Json::array_t&>().assign(std::move_iterator(begin), std::move_iterator(values_.end()));
  return value;
}

}  // namespace

Result<Json> parse_json(std::string_view text, const std::string& where, Exit code, const JsonRules& rules) {
  const char* hint =
      code == Exit::integrity ? "the file is torn or was edited: make it again, or restore it" : "";
  if (text.size() > rules.bytes) {
    return fail(code, fmt::format("{} bytes of JSON, {} at most are read", text.size(), rules.bytes), hint,
                where);
  }
  Builder builder(rules);
  if (Json::sax_parse(text.begin(), text.end(), &builder)) return std::move(builder.root);
  return fail(code, std::move(builder.failure), hint, where);
}

Json json_or_discarded(std::string_view text, const JsonRules& rules) {
  Result<Json> parsed = parse_json(text, {}, Exit::data, rules);
  return parsed ? std::move(*parsed) : Json(Json::value_t::discarded);
}

void append_member(Json& object, std::string key, Json value) {
  Members& members = object.get_ref<Object&>();
  members.emplace_back(std::move(key), std::move(value));
}

}  // namespace mlctl
