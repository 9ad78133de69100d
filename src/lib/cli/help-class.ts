import { Help } from '@oclif/core/help';

/** oclif's help, with a topic that is a command as well (`backup`) listed once, as a command. */
export default class BkDbHelp extends Help {
  protected override get sortedTopics() {
    return super.sortedTopics.filter(({ name }) => this.config.findCommand(name) === undefined);
  }
}
