/// The opcodes that are named by a rule of sending. Source: Discord docs, Opcodes and Status Codes › Gateway.
enum Opcode {
    static let presenceUpdate = 3
    static let voiceStateUpdate = 4
    static let requestGuildMembers = 8
    static let requestSoundboardSounds = 31
    static let requestChannelInfo = 43

    /// Heartbeat, Identify, Resume: only the session machine knows when.
    static let ofSession = [1, 2, 6]
    /// Dispatch, Reconnect, Invalid Session, Hello, Heartbeat ACK.
    static let ofDiscord = [0, 7, 9, 10, 11]
}
