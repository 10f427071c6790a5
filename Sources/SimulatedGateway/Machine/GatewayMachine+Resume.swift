import GatewayModel

extension GatewayMachine {
    mutating func resume(_ id: ConnectionID, _ resume: Resume, _ outputs: inout [GatewayOutput]) {
        guard case .unauthenticated = self.connections[id]!.state else {
            self.record(.alreadyAuthenticated, "\(id): RESUME on an authenticated connection (4005)")
            self.close(id, code: CloseCode.alreadyAuthenticated, &outputs)
            return
        }
        guard self.accepts(token: resume.token) else {
            self.record(.authentication, "\(id): RESUME with a wrong token (4004)")
            self.close(id, code: CloseCode.authenticationFailed, &outputs)
            return
        }
        if let refusal = self.resumeRefusals.next() {
            self.counts.resumesRefused += 1
            self.perform(refusal, on: id, session: self.sessionsByID[resume.sessionID], &outputs)
            return
        }
        guard let key = self.sessionsByID[resume.sessionID], let session = self.sessions[key] else {
            self.refuse(id, orCloseWith: CloseCode.sessionTimedOut, &outputs)
            return
        }
        if let old = session.connection {
            self.record(.doubleResume, "shard \(session.shard) of \(session.numShards), session \(session.id): \(old) is still open")
            switch self.configuration.resumeWhileAttached {
            case .takeOver:
                self.close(old, code: CloseCode.unknownError, &outputs)
            case .refuse:
                self.refuse(id, orCloseWith: nil, &outputs)
                return
            }
        }
        guard resume.sequence >= 0, resume.sequence <= session.buffer.lastSequence else {
            self.record(.invalidSequence, "session \(session.id): RESUME from \(resume.sequence), the last was \(session.buffer.lastSequence) (4007)")
            self.counts.resumesRefused += 1
            self.endSession(key, retired: false)
            self.close(id, code: CloseCode.invalidSequence, &outputs)
            return
        }
        let isWhole = resume.sequence + 1 >= session.buffer.firstSequence
        guard isWhole || self.configuration.heartbeatTrim == .hole else {
            self.endSession(key, retired: false)
            self.refuse(id, orCloseWith: CloseCode.invalidSequence, &outputs)
            return
        }
        self.counts.resumes += 1
        self.sessions[key]!.state = .attached(id)
        self.connections[id]!.state = .authenticated(key)
        var sequence = max(resume.sequence + 1, session.buffer.firstSequence)
        while sequence <= session.buffer.lastSequence {
            self.send(.dispatch(Dispatch(session: key, sequence: sequence, event: session.buffer[sequence])), to: id, &outputs)
            sequence += 1
        }
        self.queue(SimulatedEvent(id: 0, type: .resumed, guild: 0), on: key, &outputs)
    }

    /// Op 9 `false`, or a close with `code` where the configuration wants that.
    private mutating func refuse(_ id: ConnectionID, orCloseWith code: UInt16?, _ outputs: inout [GatewayOutput]) {
        self.counts.resumesRefused += 1
        switch (self.configuration.refusedResume, code) {
        case (.close, .some(let code)): self.close(id, code: code, &outputs)
        case (.close, .none), (.invalidSession, _): self.send(.invalidSession(resumable: false), to: id, &outputs)
        }
    }
}
