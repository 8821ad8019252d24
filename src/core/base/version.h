#pragma once

namespace mlctl {

const char* version();         // "0.1.0"
const char* version_commit();  // the short git commit the binary was built from, "" outside a checkout

}  // namespace mlctl
