// Rows of the fault list that fail because what they ask for is not built yet, by the name of their test,
// each with what it waits for. A row in here that passes makes the run fail, so that the list stays true.

export const awaiting: Readonly<Record<string, string>> = {};
