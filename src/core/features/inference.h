#pragma once
// A model ready to be asked: encoded examples in, rows of outputs out.

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/features/encode.h"

namespace mlctl {

// [N, outputs], row-major.
using Forward = std::function<Result<std::vector<float>>(const Encoded&)>;

Batch batch_of(const Encoded& examples);  // views; the examples must outlive it

// The model's weights in an engine session of their own. `device`: auto | cpu | cuda.
Result<Forward> open_forward(Engine& engine, const Package& package, const std::string& device);

}  // namespace mlctl
