/** In the order in which a connector comes to life. */
export const connectorTabs = ['download', 'configuration', 'monitoring', 'live'] as const;
export type ConnectorTab = (typeof connectorTabs)[number];

export const isConnectorTab = (text: string | null | undefined): text is ConnectorTab =>
  connectorTabs.some((tab) => tab === text);
