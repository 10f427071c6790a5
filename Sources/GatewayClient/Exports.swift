// Discord's words and the session machine belong to this library's interface: one import brings both.
@_exported public import GatewayModel
