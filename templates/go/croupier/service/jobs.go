package service

import (
	"context"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/codes"

	"example.com/game-server/croupier"
	"example.com/game-server/croupier/internal/wire"
)

const (
	// How long an ended job can still be read.
	keepEnded = 10 * time.Minute
	// Jobs under way and ended ones together.
	maxJobs = 1000
	// What ended jobs may hold together, in bytes; the oldest go first.
	maxEndedBytes    = 16 * 1024 * 1024
	maxMessageLength = 8192
)

type job struct {
	id      string
	log     *jobLog
	running *running
	// The rest is guarded by jobs.mu.
	cancelled bool
	// expiry forgets the job; nil while it is under way.
	expiry *time.Timer
}

// jobs are those under way, and ended ones as long as they can still be read.
type jobs struct {
	host *host

	mu   sync.Mutex
	byID map[string]*job
	// In the order of their start.
	order []*job
}

func newJobs(host *host) *jobs {
	return &jobs{host: host, byID: make(map[string]*job)}
}

// start starts the function as a job; its id is unique beyond this process.
func (j *jobs) start(request *wire.InvokeRequest) (string, error) {
	j.host.arrivals.came()
	function, err := j.host.registry.get(request.FunctionId)
	if err != nil {
		return "", err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.makeRoom(nil)
	if len(j.byID) >= maxJobs {
		return "", croupier.Errorf(codes.ResourceExhausted, "%d jobs are under way", maxJobs)
	}
	started := &job{
		id:  request.FunctionId + "-" + randomHex(),
		log: newJobLog(),
		// It outlives the call that started it.
		running: j.host.inFlight.begin(context.Background()),
	}
	j.byID[started.id] = started
	j.order = append(j.order, started)
	started.log.append(jobEvent("started", ""))
	go j.run(started, function, request)
	return started.id, nil
}

// read sends the job's events from the start, for as many readers as like.
func (j *jobs) read(ctx context.Context, id string, send func(*wire.JobEvent) error) error {
	j.mu.Lock()
	found, ok := j.byID[id]
	j.mu.Unlock()
	if !ok {
		return unknownJob(id)
	}
	return found.log.read(ctx, send)
}

// cancel ends the job's context. Of an ended job it changes nothing.
func (j *jobs) cancel(id string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	found, ok := j.byID[id]
	if !ok {
		return unknownJob(id)
	}
	if found.expiry == nil {
		found.cancelled = true
		found.running.cancel(&croupier.Error{Code: codes.Canceled, Message: "the job was cancelled"})
	}
	return nil
}

// close forgets all jobs; whoever reads one now reads on.
func (j *jobs) close() {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, one := range j.order {
		if one.expiry != nil {
			one.expiry.Stop()
		}
	}
	clear(j.byID)
	j.order = nil
}

func (j *jobs) run(started *job, function croupier.Function, request *wire.InvokeRequest) {
	told := &croupier.Job{Call: newCall(request), JobID: started.id, Report: func(report croupier.Report) {
		started.log.append(reportEvent(report))
	}}
	ended := make(chan outcome, 1)
	go func() { ended <- j.host.handle(started.running, function, told, request.Payload) }()
	select {
	case result := <-ended:
		j.end(started, result)
	case reason := <-started.running.cut:
		j.end(started, outcome{err: reason})
		<-ended
	}
	j.host.inFlight.end(started.running)
}

func (j *jobs) end(ended *job, result outcome) {
	j.mu.Lock()
	defer j.mu.Unlock()
	ended.log.end(terminalEvent(result, ended.cancelled))
	if j.byID[ended.id] == nil {
		return
	}
	ended.expiry = time.AfterFunc(keepEnded, func() {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.forget(ended)
	})
	j.makeRoom(ended)
}

// makeRoom lets ended jobs go, the oldest first, where there are too many or they hold too much; never newest. It needs the lock.
func (j *jobs) makeRoom(newest *job) {
	bytes := 0
	for _, one := range j.order {
		if one.expiry != nil {
			bytes += one.log.size()
		}
	}
	for _, one := range slices.Clone(j.order) {
		if bytes <= maxEndedBytes && len(j.byID) < maxJobs {
			return
		}
		if one.expiry != nil && one != newest {
			bytes -= one.log.size()
			one.expiry.Stop()
			j.forget(one)
		}
	}
}

// forget needs the lock.
func (j *jobs) forget(one *job) {
	delete(j.byID, one.id)
	j.order = slices.DeleteFunc(j.order, func(other *job) bool { return other == one })
}

// terminalEvent: a handler that stopped because it was asked to, with an error or without a result, has not done its work.
func terminalEvent(result outcome, cancelled bool) *wire.JobEvent {
	switch {
	case cancelled && (result.err != nil || len(result.payload) == 0 || string(result.payload) == "null"):
		return jobEvent("cancelled", "the job was cancelled")
	case result.err != nil:
		return jobEvent("error", result.err.Message)
	default:
		return &wire.JobEvent{Type: "done", Progress: 100, Payload: result.payload}
	}
}

func reportEvent(report croupier.Report) *wire.JobEvent {
	if !report.IsProgress {
		return jobEvent("log", report.Message)
	}
	event := jobEvent("progress", report.Message)
	// A division by zero in a handler must not end its job: a whole number takes no NaN.
	if !math.IsNaN(report.Percent) {
		event.Progress = int32(math.Round(min(100, max(0, report.Percent))))
	}
	return event
}

func jobEvent(kind, message string) *wire.JobEvent {
	return &wire.JobEvent{Type: kind, Message: clip(message, maxMessageLength)}
}

// clip keeps at most so many bytes of a text, and makes it valid UTF-8, which protobuf asks for.
func clip(text string, length int) string {
	return strings.ToValidUTF8(text[:min(len(text), length)], "")
}

func unknownJob(id string) error {
	return croupier.Errorf(codes.NotFound, "there is no job %q", id)
}
