declare module "virtual:notices" {
  const notices: { name: string; version: string; licence: string; address: string; text: string }[];
  export default notices;
}
