@main
struct SimulationTests {
    static func main() {}
}
