package croupier

// Call is what a handler knows about its call. When the caller stops waiting is in the context's deadline. The context
// ends when the caller cancelled or went away, the job was cancelled, or the time for a graceful shutdown is over;
// context.Cause then says which.
type Call struct {
	// FunctionID is the id under which the function was called.
	FunctionID string
	// ID is unique for this call, for logs.
	ID string
	// Metadata is what the caller and the agents on the way attached, such as "game_id" or "route".
	Metadata map[string]string
	// IdempotencyKey is the caller's, the same when it tries again; empty where it gave none.
	IdempotencyKey string
}

// Job is how a function that runs longer than a caller waits reports. Called as a plain function, nobody hears it.
type Job struct {
	Call
	// JobID is empty where the job was called as a plain function.
	JobID string
	// Report takes what the job reports; nil: nobody does.
	Report func(Report)
}

// Report is a line of a job's events: progress, or a text alone.
type Report struct {
	IsProgress bool
	// Percent is 0 to 100.
	Percent float64
	Message string
}

// Progress reports how far the job is, 0 to 100, with a few words if there is something to say.
func (j *Job) Progress(percent float64, message string) {
	if j.Report != nil {
		j.Report(Report{IsProgress: true, Percent: percent, Message: message})
	}
}

// Log reports a line of text.
func (j *Job) Log(message string) {
	if j.Report != nil {
		j.Report(Report{Message: message})
	}
}
