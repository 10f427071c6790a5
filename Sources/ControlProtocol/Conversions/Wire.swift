/// Short names for the generated types.
public enum Wire {
    public typealias WorkerEnvelope = Muster_Control_V1_WorkerEnvelope
    public typealias CoordinatorEnvelope = Muster_Control_V1_CoordinatorEnvelope
    public typealias Control = Muster_Control_V1_Control
    typealias Lease = Muster_Control_V1_Lease
    typealias Session = Muster_Control_V1_Session
    typealias Report = Muster_Control_V1_Report
    typealias Phase = Muster_Control_V1_Phase
    typealias Isolation = Muster_Control_V1_Isolation
    typealias StopMode = Muster_Control_V1_StopMode
    typealias Outcome = Muster_Control_V1_Outcome
    typealias Presence = Muster_Control_V1_Presence
    typealias Activity = Muster_Control_V1_Activity
    typealias Status = Muster_Control_V1_Status
    typealias Ticket = Muster_Control_V1_Ticket
    typealias Command = Muster_Control_V1_Command
    typealias CommandReport = Muster_Control_V1_CommandReport
    typealias CommandOutcome = Muster_Control_V1_CommandOutcome
}
