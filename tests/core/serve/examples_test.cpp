#include "core/serve/examples.h"

#include <doctest/doctest.h>

#include "core/serve/model_of.h"

using namespace mlctl;
using namespace mlctl::serve;

namespace {

// The fields of the only example, joined by blanks; or the error.
std::string fields_of(const Model& model, const std::string& text, Format format) {
  std::string fields;
  const Result<> read = read_examples(model, text, format, "body", [&](Example&& example) -> Result<> {
    for (const std::string& field : example.fields) fields += (fields.empty() ? "" : " ") + field;
    fields += example.text;
    return {};
  });
  return read ? fields : read.error().message;
}

}  // namespace

TEST_CASE("columns with a role are found by the training data's name and by the usual ones") {
  Model ratings = test::ratings_model();
  ratings.preprocess.ratings.user_column = "reader";
  Model texts = test::text_model();
  texts.preprocess.text.column = "comment";
  const struct {
    const Model& model;
    std::string text;
    Format format;
    std::string fields;
  } cases[] = {
      {ratings, R"({"reader":"u","item":"i"})", Format::json, "u i"},
      {ratings, R"({"userId":"u","movieId":5})", Format::json, "u 5"},
      {ratings, R"({"user":"u","item":5.0})", Format::json, "u 5.0"},
      {ratings, "USER_ID,x,isbn\nu,1,i\n", Format::csv, "u i"},
      {ratings, "user,reader,item\nwrong,u,i\n", Format::csv, "u i"},
      {ratings, R"({"who":"u","item":"i"})", Format::json, "column reader is missing, the model needs it"},
      {texts, R"({"comment":"good"})", Format::json, "good"},
      {texts, R"({"text":"good"})", Format::json, "good"},
      {texts, "label,review\nx,good\n", Format::csv, "good"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.text);
    CHECK(fields_of(c.model, c.text, c.format) == c.fields);
  }
}

TEST_CASE("the same id in any notation is the same user") {
  Model model = test::ratings_model();
  model.preprocess.ratings.users = {"4", "5"};
  const Encoder encoder(model);
  for (const char* id : {"5", "5.0"}) {
    Encoded encoded;
    REQUIRE(encoder.add_rating(id, "i", encoded));
    CHECK(encoded.codes == std::vector<int32_t>{2, 1});
  }
}
