package com.example.game;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

/** A game server whose functions are called through Croupier over plain HTTP. */
@SpringBootApplication
public class Application {

    public static void main(String[] args) {
        SpringApplication.run(Application.class, args);
    }

    @Bean
    PlayerStore players() {
        return new PlayerStore(PlayerStore.demoPlayers());
    }
}
