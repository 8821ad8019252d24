#pragma once

#include "core/pipeline/pipeline.h"

namespace mlctl {

// The flags and arguments of every command, from the commands' own tables: which values are inputs and
// outputs.
Signatures command_signatures();

// The pipeline of a manifest in which read_documents (manifest_flags.h) found no problem.
Pipeline pipeline_of(const Manifest& manifest, const sys::Env& env);

}  // namespace mlctl
