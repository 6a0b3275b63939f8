"""The flows: what the user asks for in panels becomes jobs, and their events go back to panels."""
