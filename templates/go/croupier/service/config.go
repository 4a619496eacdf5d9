package service

import (
	"errors"
	"fmt"
	"time"
)

// Config is the part of the options that can be changed while the service runs.
type Config struct {
	Version       string
	AutoReconnect bool
	// ReconnectDelay is the first pause before the next attempt to reach the agent.
	ReconnectDelay time.Duration
	// MaxRetryAttempts is 0 where there is no limit.
	MaxRetryAttempts        int
	HealthCheckInterval     time.Duration
	GracefulShutdownTimeout time.Duration
}

// ConfigChange is what is to be changed; nil: as it is.
type ConfigChange struct {
	Version                 *string
	AutoReconnect           *bool
	ReconnectDelay          *time.Duration
	MaxRetryAttempts        *int
	HealthCheckInterval     *time.Duration
	GracefulShutdownTimeout *time.Duration
}

func (c Config) with(change ConfigChange) Config {
	assign(&c.Version, change.Version)
	assign(&c.AutoReconnect, change.AutoReconnect)
	assign(&c.ReconnectDelay, change.ReconnectDelay)
	assign(&c.MaxRetryAttempts, change.MaxRetryAttempts)
	assign(&c.HealthCheckInterval, change.HealthCheckInterval)
	assign(&c.GracefulShutdownTimeout, change.GracefulShutdownTimeout)
	return c
}

func assign[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

func (c Config) validate() error {
	var errs []error
	if c.Version == "" {
		errs = append(errs, errors.New("option Version is a text such as 1.0.0; got an empty one"))
	}
	if c.MaxRetryAttempts < 0 {
		errs = append(errs, fmt.Errorf("option MaxRetryAttempts is a number, 0 (no limit) or more; got %d", c.MaxRetryAttempts))
	}
	for _, one := range []struct {
		option string
		value  time.Duration
	}{
		{"ReconnectDelay", c.ReconnectDelay},
		{"HealthCheckInterval", c.HealthCheckInterval},
		{"GracefulShutdownTimeout", c.GracefulShutdownTimeout},
	} {
		if one.value <= 0 {
			errs = append(errs, fmt.Errorf("option %s is a duration above 0, such as 30 * time.Second; got %v", one.option, one.value))
		}
	}
	return errors.Join(errs...)
}

// ReloadConfig changes what can be changed while the service runs. Where one value is wrong nothing is changed. With a new version the
// service registers again.
func (s *Service) ReloadConfig(change ConfigChange) error {
	s.mu.Lock()
	next := s.config.with(change)
	if err := next.validate(); err != nil {
		s.mu.Unlock()
		return err
	}
	versionChanged := next.Version != s.config.Version
	s.config = next
	s.configReloads++
	s.mu.Unlock()

	s.events.emit(ConfigReloaded{Config: next})
	s.link.configChanged()
	if versionChanged {
		s.link.registerAgain()
	}
	return nil
}

// Config is what holds now.
func (s *Service) Config() Config {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.config
}
