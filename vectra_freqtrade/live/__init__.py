"""The feed of a running bot: asks for rows as they appear, shows and stores them."""
