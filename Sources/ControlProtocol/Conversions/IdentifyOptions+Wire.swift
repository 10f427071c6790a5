import ClusterModel
import GatewayModel

extension IdentifyOptions {
    init(decoding wire: Muster_Control_V1_IdentifyOptions, _ field: String) throws(ControlProtocolError) {
        var threshold: Int?
        if wire.hasLargeThreshold {
            let range = Int64(LargeThreshold.range.lowerBound)...Int64(LargeThreshold.range.upperBound)
            threshold = Int(try WireCheck.number(wire.largeThreshold, "\(field).large_threshold", in: range))
        }
        self.init(
            largeThreshold: threshold,
            properties: IdentifyProperties(
                os: try Self.property(wire.os, "\(field).os"), browser: try Self.property(wire.browser, "\(field).browser"),
                device: try Self.property(wire.device, "\(field).device")))
    }

    private static func property(_ text: String, _ field: String) throws(ControlProtocolError) -> String {
        guard !text.isEmpty else { throw .missing(field: field) }
        return try WireCheck.text(text, field, atMost: self.propertyBytes.upperBound)
    }

    var encoded: Muster_Control_V1_IdentifyOptions {
        var wire = Muster_Control_V1_IdentifyOptions()
        if let threshold = self.largeThreshold { wire.largeThreshold = Int64(threshold) }
        wire.os = self.properties.os
        wire.browser = self.properties.browser
        wire.device = self.properties.device
        return wire
    }
}
