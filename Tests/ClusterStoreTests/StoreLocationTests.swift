import ClusterTestKit
import GatewayModel
import Testing

@testable import ClusterStore

@Suite("Store locations") struct StoreLocationTests {
    @Test(
        "what names a store",
        arguments: [
            ("sqlite:muster.db", "sqlite:muster.db"), ("sqlite:/var/lib/muster.db", "sqlite:/var/lib/muster.db"), ("sqlite:///var/m.db", "sqlite:/var/m.db"),
            ("postgres://ann@db.test/muster", "postgres://ann@db.test/muster"),
            ("postgresql://ann:hunter2@db.test:6543/muster?sslmode=verify-full", "postgres://ann@db.test:6543/muster"),
            ("postgres://ann:hunter2@a.test:1,b.test:2/m", "postgres://ann@a.test,b.test:1,2/m"),
            ("postgres:///m?host=/run/postgresql&user=ann&password=hunter2", "postgres://ann@/run/postgresql/m"),
        ])
    func good(_ text: String, _ printed: String) throws {
        let location = try StoreLocation(parsing: text)
        #expect("\(location)" == printed)
        #expect(!String(reflecting: location).contains("hunter2") && !"\(String(describing: Mirror(reflecting: location)))".contains("hunter2"))
    }

    @Test(
        "what does not, in one line that never repeats the password",
        arguments: [
            "", "muster.db", "sqlite:", "sqlite::memory:", "mysql://ann:hunter2@db/m", "ann:hunter2@db", "postgres://ann:hunter2@db:x/m?nonsense=1",
            "postgres://ann:hunter2%zz@db/m", "postgres://ann:hunter2@[::1/m", "postgres://ann:hunter2@db/m?sslmod=require",
            "postgres:///m?password=hunter2%zz",
            "postgres://ann:hunter2?%zz@db/m",
        ])
    func bad(_ text: String) {
        #expect {
            _ = try StoreLocation(parsing: text)
        } throws: { error in
            let line = String(describing: error)
            guard case .badLocation = error as? StoreError else { return false }
            return !line.contains("hunter2") && !line.contains("\n") && line.contains("Fix: write `sqlite:FILE`")
        }
    }

    @Test("an unreachable database is one line without the password") func unreachable() async throws {
        let location = try StoreLocation(parsing: "postgres://ann:hunter2@127.0.0.1:1/m")
        await #expect {
            _ = try await location.open()
        } throws: { error in
            let line = String(describing: error)
            guard case .unreachable = error as? StoreError else { return false }
            return !line.contains("hunter2") && !line.contains("\n") && line.contains("postgres://ann@127.0.0.1:1/m")
        }
    }
}
