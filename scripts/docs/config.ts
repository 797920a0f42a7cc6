export const configPage = async (): Promise<string> => '';
