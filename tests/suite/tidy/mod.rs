//! Rules that the source code keeps.

mod architecture;
