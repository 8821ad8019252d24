// The whole CLI at a glance: every command, in the order of the help.

#include "cmd/shell/command.h"

namespace mlctl {

const Command& ingest_command();
const Command& clean_command();
const Command& upload_command();
const Command& train_command();
const Command& deploy_command();
const Command& run_command();
const Command& monitor_command();
const Command& serve_command();
const Command& predict_command();
const Command& eval_command();
const Command& export_command();
const Command& download_command();
const Command& ls_command();
const Command& rm_command();
const Command& logs_command();
const Command& rollback_command();
const Command& validate_command();
const Command& diff_command();
const Command& explain_command();
const Command& apply_command();
const Command& get_command();
const Command& describe_command();
const Command& supervise_command();
const Command& worker_command();
const Command& delete_command();
const Command& wait_command();
const Command& why_command();
const Command& gc_command();
const Command& complete_command();
const Command& init_command();
const Command& config_command();
const Command& completion_command();
const Command& doctor_command();
const Command& help_command();
const Command& version_command();

const std::vector<const Command*>& all_commands() {
  // A line each, so that additions merge.
  // clang-format off
  static const std::vector<const Command*> commands = {
      &ingest_command(),
      &clean_command(),
      &upload_command(),
      &train_command(),
      &eval_command(),
      &deploy_command(),
      &monitor_command(),
      &run_command(),
      &serve_command(),
      &predict_command(),
      &export_command(),
      &download_command(),
      &ls_command(),
      &rm_command(),
      &get_command(),
      &describe_command(),
      &logs_command(),
      &delete_command(),
      &wait_command(),
      &rollback_command(),
      &why_command(),
      &gc_command(),
      &validate_command(),
      &diff_command(),
      &explain_command(),
      &apply_command(),
      &init_command(),
      &config_command(),
      &completion_command(),
      &doctor_command(),
      &help_command(),
      &version_command(),
      &complete_command(),
      &supervise_command(),
      &worker_command(),
  };
  // clang-format on
  return commands;
}

const Command* find_command(const std::string& name) {
  for (const Command* command : all_commands()) {
    if (command->spec().name == name) return command;
  }
  return nullptr;
}

}  // namespace mlctl
