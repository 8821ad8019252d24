#include "cmd/shell/list_stream.h"

#include <doctest/doctest.h>

using namespace mlctl;

namespace {

struct World {
  explicit World(const std::string& format) { context.flags.output = format; }
  std::string out, err;
  Io io = Io::test(out, err);
  sys::Env env;
  sys::Clock clock;
  sys::StopFlag stop;
  Context context{io, env, clock, stop, {}};
};

Json item_of(size_t number) {
  return {{"name", "n" + std::to_string(number)}, {"tags", {"a\nb"}}};
}

}  // namespace

TEST_CASE("a list printed by pages has the bytes of one printed whole") {
  for (const size_t count : {size_t{0}, size_t{1}, size_t{1000}, size_t{2001}}) {
    for (const char* format : {"json", "yaml", "jsonpath={.items[*].name}", "table", "name"}) {
      CAPTURE(count);
      CAPTURE(format);
      World streamed(format), whole(format);
      ListStream list(streamed.context, {"NAME"});
      Json items = Json::array();
      Table table{{"NAME"}, {}};
      std::string names;
      for (size_t number = 0; number < count; ++number) {
        const std::string name = item_of(number)["name"];
        list.add(item_of(number), name, {name});
        items.push_back(item_of(number));
        table.rows.push_back({name});
        names += (number > 0 ? "\n" : "") + name;
      }
      if (count == 0 && std::string(format) == "name") continue;  // no line, not an empty one
      const bool listed = list.finish().has_value();
      const bool printed = print(whole.context, list_document(items), names, [&](bool wide) {
                             return render(table, wide);
                           }).has_value();
      CHECK(listed == printed);
      CHECK(streamed.out == whole.out);
    }
  }
}
