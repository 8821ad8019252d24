// model.json: what is read can be written and reads the same, has parameters of sane shapes, and encodes
// examples.

#include "core/engine/parameters.h"
#include "core/features/encode.h"
#include "core/model/package.h"
#include "core/text/json.h"
#include "fuzz/fuzz.h"

using namespace mlctl;

namespace {

Result<Model> read_document(std::string_view text) {
  const auto document = parse_json(text, "model.json");
  if (!document) return fail(document.error());
  return model_from_json(*document, "model.json");
}

// An example of nothing: every field missing, a grey pixel, a word.
void encode_nothing(const Model& model) {
  const Encoder encoder(model);
  Encoded out;
  switch (model.network.input.kind) {
    case InputKind::image:
      if (model.network.input.height * model.network.input.width <= 100'000)
        (void)encoder.add_pixels({1, 1, 1, {7}}, out);
      break;
    case InputKind::text:
      (void)encoder.add_text("one two two", out);
      for (const int32_t token : out.tokens)
        fuzz::claim(token >= 0 && token < model.network.input.vocabulary, "a token is one of the vocabulary");
      break;
    case InputKind::table:
      (void)encoder.add_row(std::vector<std::string_view>(model.preprocess.table.columns.size()), out);
      break;
    case InputKind::ratings:
      (void)encoder.add_rating("u", "i", out);
      break;
  }
}

}  // namespace

FUZZ(input) {
  const auto model = read_document(input);
  if (!model) return;
  const std::string written = to_json(*model).dump();
  const auto again = read_document(written);
  fuzz::claim(again && to_json(*again).dump() == written, "a model survives writing and reading");
  const auto shapes = parameters(model->network);
  if (!shapes) return;
  for (const Parameter& parameter : *shapes)
    fuzz::claim(byte_size(parameter.dtype, parameter.shape).has_value(),
                "a parameter has a size that a computer can hold");
  encode_nothing(*model);
}
