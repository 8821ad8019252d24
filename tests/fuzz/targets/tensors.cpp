// The Open Inference Protocol's tensors, in JSON and in binary, against small models of each kind.

#include "core/serve/model_of.h"
#include "core/serve/protocol.h"
#include "fuzz/fuzz.h"

using namespace mlctl;

FUZZ(input) {
  static const Model models[] = {test::table_model(), test::text_model(), test::ratings_model(),
                                 test::image_model()};
  const size_t way = fuzz::choose(input, 8);
  // As a request says it in its header: where its JSON ends and binary begins.
  const size_t end = way < 4 ? std::string_view::npos : input.find('\n');
  const size_t json_size = end == std::string_view::npos ? input.size() : end;
  const auto request = serve::parse_infer(input, json_size);
  if (!request) return;
  for (const serve::WireTensor& tensor : request->inputs) {
    const size_t held = tensor.numbers.size() + tensor.strings.size();
    fuzz::claim(tensor.type != nullptr && static_cast<size_t>(tensor.count) == held,
                "a tensor holds as many elements as it says");
  }
  const Model& model = models[way % 4];
  const auto examples = serve::examples_of(model, *request);
  if (!examples) return;
  const std::vector<float> outputs(examples->size() * static_cast<size_t>(model.network.outputs), 0.5F);
  (void)serve::infer_response(model, *request, "m", "1", outputs);
}
