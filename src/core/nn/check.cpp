#include "core/nn/check.h"

#include <algorithm>

#include <fmt/format.h>

namespace mlctl::engine {
namespace {

Result<> check_size(const char* what, size_t size, int64_t expected) {
  if (static_cast<int64_t>(size) == expected) return {};
  return fail(Exit::data, fmt::format("the batch has {} {}, the network needs {}", size, what, expected));
}

Result<> check_column(const char* what, std::span<const int32_t> values, size_t first, size_t stride,
                      int64_t bound) {
  for (size_t i = first; i < values.size(); i += stride)
    if (values[i] < 0 || values[i] >= bound)
      return fail(Exit::data, fmt::format("{} {} is outside 0..{}", what, values[i], bound - 1));
  return {};
}

Result<> check_text(const InputSpec& input, const Batch& batch) {
  TRY(check_size("offsets", batch.offsets.size(), batch.size));
  int64_t last = 0;
  for (const int64_t offset : batch.offsets) {
    if (offset < last || offset > static_cast<int64_t>(batch.tokens.size()))
      return fail(Exit::data, fmt::format("token offset {} is out of order", offset));
    last = offset;
  }
  if (batch.offsets[0] != 0) return fail(Exit::data, "token offsets do not start at 0");
  return check_column("token", batch.tokens, 0, 1, input.vocabulary);
}

Result<> check_inputs(const InputSpec& input, const Batch& batch) {
  const auto columns = static_cast<int64_t>(input.cardinalities.size());
  switch (input.kind) {
    case InputKind::image:
      return check_size("pixels", batch.features.size(),
                        batch.size * input.channels * input.height * input.width);
    case InputKind::table:
      TRY(check_size("numbers", batch.features.size(), batch.size * input.numeric));
      TRY(check_size("category codes", batch.codes.size(), batch.size * columns));
      for (int64_t k = 0; k < columns; ++k)
        TRY(check_column("category code", batch.codes, size_t(k), size_t(columns),
                         input.cardinalities[size_t(k)]));
      return {};
    case InputKind::text:
      return check_text(input, batch);
    case InputKind::ratings:
      TRY(check_size("ids", batch.codes.size(), batch.size * 2));
      TRY(check_column("user", batch.codes, 0, 2, input.users));
      return check_column("item", batch.codes, 1, 2, input.items);
  }
  return {};
}

}  // namespace

Result<> check_batch(const SessionSpec& spec, const Batch& batch, bool learning) {
  if (batch.size < 1) return fail(Exit::data, "the batch is empty");
  TRY(check_inputs(spec.network.input, batch));
  if (!learning) return {};
  if (spec.loss == Loss::mse) return check_size("targets", batch.targets.size(), batch.size);
  TRY(check_size("labels", batch.labels.size(), batch.size));
  return check_column("label", batch.labels, 0, 1, spec.network.outputs);
}

}  // namespace mlctl::engine
