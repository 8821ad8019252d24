#pragma once

#include "core/pipeline/pipeline.h"

namespace mlctl {

// What every command takes, from the commands' own flag tables: which values are inputs and outputs.
Signatures command_signatures();

// The pipeline of a manifest that read_documents (manifest_flags.h) found no fault with.
Pipeline pipeline_of(const Manifest& manifest, const sys::Env& env);

}  // namespace mlctl
