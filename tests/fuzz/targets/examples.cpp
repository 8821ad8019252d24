// Rows, texts and ratings as callers send them, in every format, against small models of each kind.

#include "core/serve/examples.h"

#include "core/serve/model_of.h"
#include "fuzz/fuzz.h"

using namespace mlctl;
using serve::Format;

FUZZ(input) {
  static const Model models[] = {test::table_model(), test::text_model(), test::ratings_model()};
  static constexpr Format formats[] = {Format::json, Format::jsonl, Format::csv, Format::lines};
  const size_t way = fuzz::choose(input, 12);
  const Model& model = models[way % 3];
  const Encoder encoder(model);
  (void)serve::read_examples(
      model, input, formats[way / 3], "body", [&](serve::Example&& example) -> Result<> {
        Encoded encoded;
        (void)serve::encode(encoder, model, example, encoded);
        const float output[] = {0.25F, 0.75F};
        const auto answer =
            serve::prediction(model, std::move(example.input),
                              std::span(output).first(static_cast<size_t>(model.network.outputs)));
        (void)answer.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
        return {};
      });
}
