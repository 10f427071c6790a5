// IDENTIFY, which only a permit allows. Every offered permit gets exactly one outcome.
extension SessionMachine {
    mutating func offered(_ permit: PermitID, at now: Instant, _ effects: inout [SessionEffect]) {
        switch self.state {
        case .awaitingPermit where self.authority.mayDial(at: now):
            self.offer = Offer(permit: permit)
            self.state = .dialing(until: now + SessionTiming.dial)
            self.enter(.identifying, &effects)
            effects.append(.dial(url: self.gatewayURL))
        case .dialing where self.offer != nil, .greeting where self.offer != nil:
            self.replaceOffer(by: permit, &effects)
        case .awaitingGrant:
            self.replaceOffer(by: permit, &effects)
            effects.append(.report(.readyToIdentify(permit)))
        case .identifying(permit, _):
            break  // told twice
        case .idle, .waiting, .reserving, .reserved, .blocked, .awaitingPermit, .dialing, .greeting, .identifying, .resuming, .live, .closing, .flushing,
            .ended:
            effects.append(.report(.identified(permit, .notSent, nil)))
        }
    }

    /// The issuer forgot the earlier one (it restarted), or tells the same twice.
    private mutating func replaceOffer(by permit: PermitID, _ effects: inout [SessionEffect]) {
        guard let old = self.offer, old.permit != permit else { return }
        effects.append(.report(.identified(old.permit, .notSent, nil)))
        self.offer = Offer(permit: permit)
    }

    mutating func helloReceivedForIdentify(at now: Instant, using random: inout some RandomNumberGenerator, _ effects: inout [SessionEffect]) {
        guard let offer = self.offer else {
            preconditionFailure("a socket without a session and without an offer: \(self.state)")
        }
        if let validUntil = offer.validUntil {
            self.identify(offer.permit, validUntil: validUntil, at: now, using: &random, &effects)
        } else {
            self.state = .awaitingGrant(until: now + SessionTiming.grant)
            effects.append(.report(.readyToIdentify(offer.permit)))
        }
    }

    /// A grant that fits no offer is ignored: its offer was answered already, and a second answer could contradict the first.
    mutating func granted(
        _ permit: PermitID, validUntil: Instant, at now: Instant, using random: inout some RandomNumberGenerator, _ effects: inout [SessionEffect]
    ) {
        guard self.offer?.permit == permit else { return }
        if case .awaitingGrant = self.state {
            self.identify(permit, validUntil: validUntil, at: now, using: &random, &effects)
        } else {
            self.offer?.validUntil = validUntil
        }
    }

    private mutating func identify(
        _ permit: PermitID, validUntil: Instant, at now: Instant, using random: inout some RandomNumberGenerator, _ effects: inout [SessionEffect]
    ) {
        guard now < validUntil, self.authority.mayDial(at: now) else {
            self.leave("the permit came too late", .noPermit, after: Backoff.soon(using: &random), at: now, using: &random, &effects)
            return
        }
        self.offer = nil
        self.state = .identifying(permit, until: now + SessionTiming.identify)
        effects.append(.sendIdentify(permit))
    }

    /// Reports how the present permit ended, if there is one that is not answered yet: `sent` where IDENTIFY went out, else `notSent`.
    mutating func settlePermit(_ sent: IdentifyOutcome, _ effects: inout [SessionEffect]) {
        if let offer = self.offer {
            self.offer = nil
            effects.append(.report(.identified(offer.permit, .notSent, nil)))
        } else if case .identifying(let permit?, let until) = self.state {
            self.state = .identifying(nil, until: until)
            effects.append(.report(.identified(permit, sent, sent == .ready ? self.session : nil)))
        }
    }
}
