// The reference protocol: the conversation that the two commands have, for a program to join.

export {
  saludo,
  type SaludoClientMessage,
  type SaludoServerMessage,
} from "@typewire/protocol/saludo";
