#pragma once

#include "core/pipeline/pipeline.h"

namespace mlctl {

// What every command takes, from the commands' own flag tables: which values are inputs and outputs.
Signatures command_signatures();

// The pipeline of a manifest, or all that is wrong with it.
Result<Pipeline> pipeline_of(const Manifest& manifest, const sys::Env& env);

}  // namespace mlctl
