#include "core/model/preprocess.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "core/features/pixels.h"
#include "core/text/json_fields.h"

using namespace mlctl;

TEST_CASE("preprocess: each kind survives JSON") {
  Preprocess all;
  all.image = {28, 30, 1, {0.25}, {0.5}};
  all.text = {false, 1000, 3, 64};
  all.table = {
      {{"age", ColumnType::integer, 1.5, 2.5, {}}, {"town", ColumnType::category, 0, 1, {"a", "b"}}}, 3, 4};
  all.ratings = {{"u"}, {"i", "j"}, 3.5, 1, 5};
  for (const InputKind kind : {InputKind::image, InputKind::text, InputKind::table, InputKind::ratings}) {
    const auto json = to_json(all, kind);
    CHECK(json.size() == 1);
    CHECK(to_json(preprocess_from_json(Fields(json), kind).value(), kind) == json);
  }
  const auto document = to_json(all, InputKind::table);
  const auto table = preprocess_from_json(Fields(document), InputKind::table).value().table;
  CHECK(table.columns[0].type == ColumnType::integer);
  CHECK(table.columns[1].categories == std::vector<std::string>{"a", "b"});
  CHECK(table.target_stddev == 4);
}

TEST_CASE("pixels: interleaved bytes become standardised planes") {
  const PixelScale scale({1, 2, 3, {0, 0.5, 0}, {1, 0.5, 0.5}});
  const std::vector<uint8_t> pixels = {0, 255, 255, 51, 0, 0};  // two RGB pixels
  std::vector<float> out(6);
  scale.apply(pixels, out);
  CHECK(out == std::vector<float>{0, 0.2F, 1, -1, 2, 0});
}
