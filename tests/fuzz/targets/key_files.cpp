// The files in which vendors' tools keep keys. Nothing found in them is run or sent.

#include "cloud/credentials/alibaba_files.h"
#include "cloud/credentials/aws_files.h"
#include "cloud/credentials/process.h"
#include "fuzz/fuzz.h"

using namespace mlctl;
using namespace mlctl::keys;

namespace {

void read_aws(const sys::Env& env) {
  const auto files = AwsFiles::read(env);
  if (!files) return;
  for (const char* name : {"default", "dev"}) {
    const auto profile = files->profile(name);
    if (!profile || !*profile) continue;
    (void)files->endpoint(**profile, "s3");
    (void)split_words(value_of((*profile)->settings, "credential_process"), "profile");
    (void)files->sso_session(value_of((*profile)->settings, "sso_session"));
  }
}

void read_alibaba(const sys::Env& env) {
  for (const char* name : {"", "default", "dev"}) {
    (void)alibaba_file_profile(name, env);
    (void)ossutil_place(name, env);
  }
  (void)aliyun_cli_profile("dev", env);
}

}  // namespace

FUZZ(input) {
  static const fuzz::ScratchFile files[] = {
      fuzz::ScratchFile(".aws/config"), fuzz::ScratchFile(".aws/credentials"),
      fuzz::ScratchFile(".aliyun/config.json"), fuzz::ScratchFile(".alibabacloud/credentials"),
      fuzz::ScratchFile(".ossutilconfig")};
  static const sys::Env env{{{"HOME", files[0].folder().string()}}};
  const fuzz::ScratchFile& file = files[fuzz::choose(input, std::size(files))];
  file.write(input);
  read_aws(env);
  read_alibaba(env);
  file.write("");
}
